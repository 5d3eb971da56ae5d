// Passkeys: the button gets a challenge, the browser an answer to it, and the form is sent with it.
const decode = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const named = (one) => ({ ...one, id: decode(one.id) });

const answer = async (options) => {
  const publicKey = { ...options, challenge: decode(options.challenge) };
  if (options.rp) {
    publicKey.user = named(options.user);
    publicKey.excludeCredentials = options.excludeCredentials.map(named);
  } else if (options.allowCredentials) {
    publicKey.allowCredentials = options.allowCredentials.map(named);
  }
  const given = await navigator.credentials[options.rp ? "create" : "get"]({ publicKey });
  const parts = { id: encode(given.rawId) };
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature"]) {
    if (given.response[part]) parts[part] = encode(given.response[part]);
  }
  return JSON.stringify(parts);
};

for (const button of window.PublicKeyCredential ? document.querySelectorAll("[data-passkey]") : []) {
  const form = button.closest("form");
  const status = form.querySelector("[data-passkey-status]");
  const say = (text) => {
    status.textContent = text;
    status.hidden = !text;
  };
  const ask = async () => {
    const body = new URLSearchParams();
    for (const name of button.dataset.send.split(" ")) body.set(name, form.elements[name].value);
    const headers = { Accept: "application/json" };
    const reply = await fetch(button.dataset.passkey, { method: "POST", body, headers });
    const told = await reply.json();
    if (!reply.ok) return say(told.message);
    form.elements.answer.value = await answer(told);
    form.requestSubmit();
  };
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (button.ariaDisabled === "true" || !(form.noValidate || form.reportValidity())) return;
    button.ariaDisabled = "true";
    say("");
    try {
      await ask();
    } catch (error) {
      const { known, cancelled, failed } = status.dataset;
      say({ InvalidStateError: known, NotAllowedError: cancelled }[error.name] ?? failed);
    }
    button.ariaDisabled = null;
  });
}
for (const note of window.PublicKeyCredential ? document.querySelectorAll("[data-no-passkey]") : []) {
  note.hidden = true;
}
