// Scanning: the camera or a photo, read by the browser itself or else by the server; typing always
// works.
const form = document.querySelector("form[data-scan]");
const MOST_BYTES = 60000;

function natively() {
  const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
  return async (source) => (await detector.detect(source))[0]?.rawValue ?? "";
}

async function smaller(source, most) {
  const width = source.videoWidth || source.width;
  const height = source.videoHeight || source.height;
  const scale = Math.min(1, most / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.6));
}

function remotely(address, token) {
  return async (source) => {
    for (const most of source.videoWidth ? [640] : [1280, 800, 480]) {
      const body = await smaller(source, most);
      if (body.size > MOST_BYTES) continue;
      const headers = { "X-CSRF-Token": token, "Content-Type": "image/jpeg" };
      const answer = await fetch(address, { method: "POST", body, headers });
      return answer.ok ? (await answer.json()).code : "";
    }
    return "";
  };
}

function offer(read) {
  const field = form.querySelector("input[name=code]");
  const video = form.querySelector("video");
  const start = form.querySelector("[data-camera]");
  const photo = form.querySelector("[data-photo]");
  const found = (code) => {
    if (!code) return false;
    field.value = code;
    form.requestSubmit();
    return true;
  };
  if (navigator.mediaDevices) {
    start.hidden = false;
    start.addEventListener("click", async () => {
      try {
        video.srcObject = await navigator.mediaDevices.getUserMedia({
          video: { facingMode: "environment" },
        });
      } catch {
        form.querySelector("[data-denied]").hidden = false;
        return;
      }
      start.hidden = true;
      video.hidden = false;
      await video.play();
      const look = async () => {
        if (found(await read(video).catch(() => ""))) {
          for (const track of video.srcObject.getTracks()) track.stop();
        } else {
          setTimeout(look, 250);
        }
      };
      look();
    });
  }
  photo.hidden = false;
  photo.querySelector("input").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    const code = await createImageBitmap(file).then(read).catch(() => "");
    photo.querySelector("[data-unread]").hidden = found(code);
  });
}

if (form && window.BarcodeDetector) {
  offer(natively());
} else if (form?.dataset.scan) {
  offer(remotely(form.dataset.scan, form.querySelector("input[name=csrf]").value));
}
