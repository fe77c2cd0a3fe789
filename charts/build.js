// Makes the part of Plotly.js that the dashboard draws with: a third of the whole, which a browser reads in a third of
// the time. tests/dashboard/test_plotly.py holds it and package.json together.
const { build } = require("esbuild");
const { environmentPlugin } = require("esbuild-plugin-environment");
const { glsl } = require("esbuild-plugin-glsl");
const inlineCss = require("esbuild-plugin-inline-css");
const { version } = require("plotly.js/package.json");

const TRACES = ["choropleth", "scattergeo"];
const OUT = "../src/voxpop/dashboard/assets/plotly.min.js";

const entry = [
  "const Plotly = require('plotly.js/lib/core');",
  `Plotly.register([${TRACES.map((trace) => `require('plotly.js/lib/${trace}')`).join(", ")}]);`,
  "module.exports = Plotly;",
].join("\n");

build({
  stdin: { contents: entry, resolveDir: __dirname },
  outfile: OUT,
  banner: { js: `/*! plotly.js v${version} (scatter, ${TRACES.join(", ")}); Copyright Plotly, Inc.; MIT license */` },
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "Plotly",
  target: "es2016",
  // As plotly.js builds itself.
  plugins: [inlineCss(), glsl({ minify: true }), environmentPlugin({ NODE_DEBUG: false })],
  alias: { regl: "@plotly/regl", stream: "stream-browserify" },
  define: { global: "window", "define.amd": "false" },
}).catch(() => process.exit(1));
