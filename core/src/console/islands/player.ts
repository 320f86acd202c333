// Videos by their ladder of heights, where the browser cannot do so itself; and the count of views.
import { each } from "./lib/each";

each<HTMLVideoElement>("video[data-stream]", (video) => {
  const stream = video.dataset.stream!;
  if (video.canPlayType("application/vnd.apple.mpegurl")) video.src = stream;
  else video.addEventListener("play", () => void climb(video, stream), { once: true });
});
each<HTMLVideoElement>("video[data-views]", (video) =>
  video.addEventListener("play", () => void count(video.dataset.views!), { once: true }),
);

/** What most browsers need for it is larger than any page, and comes when somebody plays. */
async function climb(video: HTMLVideoElement, stream: string): Promise<void> {
  const { default: Hls }: typeof import("./hls") = await import(video.dataset.hls!);
  if (!Hls.isSupported()) return;
  const player = new Hls({ startPosition: video.currentTime });
  player.on(Hls.Events.MANIFEST_PARSED, () => void video.play());
  player.loadSource(stream);
  player.attachMedia(video);
}

async function count(views: string): Promise<void> {
  const token = document.querySelector<HTMLMetaElement>("meta[name=csrf]")!.content;
  await fetch(views + location.search, { method: "POST", headers: { "x-csrf-token": token } });
}
