"""A passkey in software: does what a phone does, so that the server's side is tested whole."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class SoftwareKey:
    """One passkey of one portal, as `navigator.credentials` would answer for it."""

    origin: str
    host: str
    credential_id: bytes = field(default_factory=lambda: os.urandom(16))
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    user_handle: str = ""
    count: int = 0

    def create(self, options: dict[str, Any]) -> str:
        """Return the answer to a registration."""
        wanted = options["creation_options"]["publicKey"]
        self.user_handle = wanted["user"]["id"]
        public = cbor.encode(dict(ES256.from_cryptography_key(self.private.public_key())))
        length = len(self.credential_id).to_bytes(2, "big")
        attested = bytes(16) + length + self.credential_id + public
        data = self._data(PRESENT | VERIFIED | ATTESTED) + attested
        statement = {"fmt": "none", "attStmt": {}, "authData": data}
        return self._answer(
            {
                "clientDataJSON": self._client("webauthn.create", wanted["challenge"]),
                "attestationObject": cbor.encode(statement),
            },
            extensions={"credProps": {"rk": True}},
        )

    def get(self, options: dict[str, Any], *, origin: str | None = None) -> str:
        """Return the answer to a log-in."""
        wanted = options["request_options"]["publicKey"]
        client = self._client("webauthn.get", wanted["challenge"], origin=origin)
        self.count += 1
        data = self._data(PRESENT | VERIFIED)
        signature = self.private.sign(data + sha256(client), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "clientDataJSON": client,
                "authenticatorData": data,
                "signature": signature,
                "userHandle": websafe_decode(self.user_handle),
            }
        )

    def _data(self, flags: int) -> bytes:
        return sha256(self.host.encode()) + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str, *, origin: str | None = None) -> bytes:
        facts = {"type": kind, "challenge": challenge, "origin": origin or self.origin}
        return json.dumps(facts).encode()

    def _answer(
        self, response: dict[str, bytes], *, extensions: dict[str, Any] | None = None
    ) -> str:
        name = websafe_encode(self.credential_id)
        return json.dumps(
            {
                "id": name,
                "rawId": name,
                "type": "public-key",
                "clientExtensionResults": extensions or {},
                "response": {key: websafe_encode(value) for key, value in response.items()},
            }
        )
