// A video on its way: in pieces, gone on with where the line was cut, looked at by the page when it is there.
import { Upload } from "tus-js-client";
import { each } from "./lib/each";

const PIECE_BYTES = 8 << 20;
const csrf = { "x-csrf-token": document.querySelector<HTMLMetaElement>("meta[name=csrf]")!.content };

async function announce(film: File, where: string): Promise<string> {
  const answer = await fetch(where, {
    method: "POST",
    headers: { ...csrf, "content-type": "application/json" },
    body: JSON.stringify({ type: film.type || "video/mp4", size_bytes: film.size }),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail);
  return `/api/v1/uploads/${body.id}`;
}

function send(film: File, uploadUrl: string, progress: (percent: number) => void, paused: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    new Upload(film, {
      uploadUrl,
      headers: csrf,
      chunkSize: PIECE_BYTES,
      retryDelays: [0, 1_000, 3_000, 10_000, 30_000],
      onShouldRetry: () => (paused(), true),
      onProgress: (sent, all) => progress((100 * sent) / all),
      onSuccess: () => resolve(),
      onError: reject,
    }).start();
  });
}

function prepare(part: HTMLElement): void {
  const field = part.querySelector<HTMLInputElement>("input[type=file]")!;
  const bar = part.querySelector("progress")!;
  const said = part.querySelector<HTMLElement>(".said")!;
  const progress = (percent: number) => {
    bar.value = percent;
    said.textContent = `${Math.floor(percent)} %`;
  };
  field.addEventListener("change", async () => {
    const film = field.files?.[0];
    if (!film) return;
    const sending = (is: boolean) => {
      field.disabled = is;
      bar.hidden = !is;
      (is ? addEventListener : removeEventListener)("beforeunload", leaving);
    };
    sending(true);
    try {
      const where = await announce(film, part.dataset.upload!);
      await send(film, where, progress, () => (said.textContent = part.dataset.paused!));
      sending(false);
      location.reload();
    } catch (error) {
      sending(false);
      said.textContent = part.dataset.failed! + (error as Error).message;
    }
  });
}

function leaving(event: Event): void {
  event.preventDefault();
}

each<HTMLElement>("[data-upload]", prepare);
