/* Passkeys: asks the browser for one and sends what it answers with the form. Forms tell by
   data-passkey what is to be done ("create", "get" or "login") and hold the words shown when it
   fails; loaded only by the pages that need it. */
(function () {
  "use strict";

  function toBytes(text) {
    var plain = text.replace(/-/g, "+").replace(/_/g, "/");
    var raw = window.atob(plain + "===".slice((plain.length + 3) % 4));
    return Uint8Array.from(raw, function (letter) {
      return letter.charCodeAt(0);
    });
  }

  function toText(buffer) {
    var raw = "";
    new Uint8Array(buffer).forEach(function (byte) {
      raw += String.fromCharCode(byte);
    });
    return window.btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function withBytes(list) {
    return (list || []).map(function (one) {
      return Object.assign({}, one, { id: toBytes(one.id) });
    });
  }

  function answerOf(credential) {
    var response = {};
    ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"].forEach(function (name) {
      if (credential.response[name]) {
        response[name] = toText(credential.response[name]);
      }
    });
    if (credential.response.getTransports) {
      response.transports = credential.response.getTransports();
    }
    return JSON.stringify({
      id: credential.id,
      rawId: toText(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment,
      clientExtensionResults: credential.getClientExtensionResults(),
      response: response
    });
  }

  function create(options, alone) {
    var wanted = Object.assign({}, options.publicKey);
    wanted.challenge = toBytes(wanted.challenge);
    wanted.user = Object.assign({}, wanted.user, { id: toBytes(wanted.user.id) });
    wanted.excludeCredentials = withBytes(wanted.excludeCredentials);
    wanted.authenticatorSelection = Object.assign({}, wanted.authenticatorSelection, {
      residentKey: alone ? "required" : "discouraged",
      requireResidentKey: alone
    });
    if (alone) {
      wanted.authenticatorSelection.userVerification = "required";
    }
    return window.navigator.credentials.create({ publicKey: wanted });
  }

  function get(options) {
    var wanted = Object.assign({}, options.publicKey);
    wanted.challenge = toBytes(wanted.challenge);
    wanted.allowCredentials = withBytes(wanted.allowCredentials);
    return window.navigator.credentials.get({ publicKey: wanted });
  }

  function loginOptions(form) {
    return window
      .fetch(form.action, { headers: { Accept: "application/json" }, credentials: "same-origin" })
      .then(function (response) {
        if (!response.ok) {
          throw new Error("no options");
        }
        return response.json();
      })
      .then(function (data) {
        return data.request_options;
      });
  }

  function ask(form) {
    if (form.dataset.passkey === "login") {
      return loginOptions(form).then(get);
    }
    var options = JSON.parse(form.dataset.passkeyOptions);
    if (form.dataset.passkey === "get") {
      return get(options.request_options);
    }
    var alone = form.querySelector("input[name=passwordless]");
    return create(options.creation_options, Boolean(alone && alone.checked));
  }

  function tell(form, error) {
    var words = form.dataset.passkeyFailed;
    if (error.name === "InvalidStateError") {
      words = form.dataset.passkeyKnown || words;
    } else if (error.name === "SecurityError") {
      words = form.dataset.passkeyHost || words;
    }
    form.querySelector("[data-passkey-answer]").textContent = words;
  }

  function prepare(form) {
    var button = form.querySelector("button[type=submit]");
    var field = form.querySelector("input[name=credential]");
    var answer = form.querySelector("[data-passkey-answer]");
    if (!window.PublicKeyCredential || !window.navigator.credentials) {
      answer.textContent = form.dataset.passkeyMissing || "";
      return;
    }
    form.hidden = false;
    button.disabled = false;
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      button.disabled = true;
      answer.textContent = form.dataset.passkeyWaiting || "";
      ask(form).then(
        function (credential) {
          field.value = answerOf(credential);
          form.submit();
        },
        function (error) {
          button.disabled = false;
          tell(form, error);
          button.focus();
        }
      );
    });
  }

  document.querySelectorAll("form[data-passkey]").forEach(prepare);
})();
