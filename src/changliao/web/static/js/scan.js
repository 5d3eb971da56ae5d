// Scanning: the camera or a photo where the browser can read codes itself; typing always works.
const form = document.querySelector("form[data-scan]");
const Detector = window.BarcodeDetector;
if (form && Detector) {
  const detector = new Detector({ formats: ["qr_code"] });
  const field = form.querySelector("input[name=code]");
  const video = form.querySelector("video");
  const start = form.querySelector("[data-camera]");
  const photo = form.querySelector("[data-photo]");
  const found = (codes) => {
    if (!codes.length) return false;
    field.value = codes[0].rawValue;
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
        if (found(await detector.detect(video))) {
          for (const track of video.srcObject.getTracks()) track.stop();
        } else {
          setTimeout(look, 200);
        }
      };
      look();
    });
  }
  photo.hidden = false;
  photo.querySelector("input").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    const read = found(await detector.detect(await createImageBitmap(file)));
    photo.querySelector("[data-unread]").hidden = read;
  });
}
