// Asks the browser for a passkey and puts its answer into the form. Nothing else: it asks no server and makes no markup.
"use strict";

const octets = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const SENTENCES = {
  NotAllowedError: "Nothing was chosen, or it took too long. Try again.",
  InvalidStateError: "This passkey is known already. Use another one.",
  SecurityError: "Passkeys do not work at this address. Open the page at the address that `bartizan status` shows.",
  NotSupportedError: "This passkey cannot be used here. Use another one.",
};

function decoded(options) {
  const found = { ...options, challenge: octets(options.challenge) };
  if (options.user) found.user = { ...options.user, id: octets(options.user.id) };
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (options[list]) found[list] = options[list].map((one) => ({ ...one, id: octets(one.id) }));
  }
  return found;
}

function encoded(credential) {
  const response = { clientDataJSON: text(credential.response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
}

async function ask(form) {
  const wrong = form.querySelector("[role=status]");
  const button = form.querySelector("button");
  button.disabled = true;
  wrong.textContent = "";
  try {
    const publicKey = decoded(JSON.parse(form.dataset.options));
    const answer = await navigator.credentials[form.dataset.passkey]({ publicKey });
    form.elements.credential.value = encoded(answer);
    form.submit();
  } catch (fault) {
    wrong.textContent = SENTENCES[fault.name] || "The passkey could not be asked. Try again, or use another browser.";
    button.disabled = false;
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) {
    form.querySelector("[role=status]").textContent = "This browser has no passkeys. Use another one, or a recovery code.";
    continue;
  }
  form.querySelector("button").disabled = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(form);
  });
}
