// The lighter build, without subtitles and the like, brings no types of its own.
declare module "hls.js/light" {
  export { default } from "hls.js";
}
