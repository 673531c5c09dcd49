"""How allauth's doors behave here."""

import base64
import secrets
from io import BytesIO
from typing import Any, ClassVar

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_safe
from qrcode.image.svg import SvgPathFillImage


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up: people are enrolled by staff or come by an invitation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: the sign-up page says that enrolment goes another way."""
        return False

    def login(self, request: HttpRequest, user: Any) -> None:
        """Log in; the first time the browser's language becomes the profile's."""
        super().login(request, user)
        if not user.language:
            from representatives import profiles  # needs loaded apps

            profiles.choose_language(user=user, language=get_language() or "en")

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """Leave the e-mail to the outbox; the token made for `context` is not used.

        A mail server that is slow or away shows nobody by the answer's time which addresses are
        known here, and the link's token is made when it is sent, so that none is stored.
        """
        from representatives import mail  # needs loaded apps

        origin = allauth_context.request.build_absolute_uri("/").rstrip("/")
        place = mail.Place(origin, get_language() or "en")
        with transaction.atomic():
            mail.queue_password_reset(user, to=email, place=place, now=timezone.now())

    def send_notification_mail(
        self,
        template_prefix: str,
        user: Any,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell of a change to the log-in by the outbox, in the language of the profile.

        It holds no secret, so its text may wait in the outbox; it names address and browser of
        whoever made the change.
        """
        from representatives import outbox  # needs loaded apps
        from representatives.clock import company_zone
        from representatives.selectors import get_company

        facts = {
            "happened_at": timezone.now().astimezone(company_zone()),
            "ip": self.get_client_ip(self.request),
            "user_agent": self.get_http_user_agent(self.request)[:200],
            "company": get_company(),
            **(context or {}),
        }
        with override(user.language or get_language()):
            subject = render_to_string(f"{template_prefix}_subject.txt", facts)
            text = render_to_string(f"{template_prefix}_message.txt", facts)
        payload = {
            "to": email or user.email,
            "subject": self.format_email_subject(" ".join(subject.split())),
            "text": text.strip() + "\n",
        }
        kind = template_prefix.rpartition("/")[2]
        with transaction.atomic():
            outbox.enqueue(
                topic=outbox.MAIL,
                key=f"account:{kind}:{user.pk}:{secrets.token_hex(8)}",
                payload=payload,
            )


class TwoFactorAdapter(DefaultMFAAdapter):
    """Second factors: named after the company, their secrets sealed in the database."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _lazy("This code is wrong, used already or too old. Try the next one."),
        "cannot_generate_recovery_codes": _lazy("Set up a passkey or an app first."),
        "unverified_email": _lazy("Your e-mail address must be confirmed first: ask the staff."),
    }

    def get_totp_issuer(self) -> str:
        """Return what an authenticator app shows above the code."""
        return self._company_name()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return this portal as a passkey names it: the host binds it, the name is shown."""
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": self._company_name()}

    def build_totp_svg(self, url: str) -> str:
        """Return the QR code on white: apps can't read it dark on dark."""
        out = BytesIO()
        qrcode.make(url, image_factory=SvgPathFillImage).save(out)
        return out.getvalue().decode()

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        """Return a name to begin with; the person may choose another one."""
        from allauth.mfa.models import Authenticator  # needs loaded apps

        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Passkey %(number)s") % {"number": number}

    def encrypt(self, text: str) -> str:
        """Return a secret sealed with a key of SECRET_KEY: a copy of the rows opens nothing."""
        return _seal().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return a sealed secret; keys in SECRET_KEY_FALLBACKS open what they sealed."""
        return _seal().decrypt(encrypted_text.encode()).decode()

    def _company_name(self) -> str:
        from representatives.selectors import get_company  # needs loaded apps

        return get_company().name or settings.SITE_NAME


@require_safe
def own_address(request: HttpRequest) -> HttpResponseBase:
    """Lead to the profile, which shows the address one logs in with and who changes it."""
    return redirect("profile:page")


def _seal() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(secret: str) -> bytes:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"perennial two-factor secrets")
    return base64.urlsafe_b64encode(derive.derive(secret.encode()))
