// Answers like the native `solc`, for Ape, forge and slither, from npm's WebAssembly build.
//
//   solc --version
//   solc --standard-json [--base-path DIR] [--include-path DIR]... < input.json > output.json
//
// No native compiler comes from the registries this project installs from, and downloading one
// would need a host that many networks close.
"use strict";

const fs = require("fs");
const path = require("path");

const ROOT = path.resolve(__dirname, "..", "..");

/** Writes everything before returning: `process.exit` cuts a pipe off at 65,536 bytes. */
function writeAll(fd, text) {
  const bytes = Buffer.from(text, "utf8");
  let done = 0;
  while (done < bytes.length) {
    try {
      done += fs.writeSync(fd, bytes, done);
    } catch (error) {
      // A full pipe whose reader has not caught up yet; anything else is final.
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

function fail(message) {
  writeAll(2, `Error: ${message}\n`);
  process.exit(1);
}

function parse(argv) {
  const options = { version: false, standardJson: false, roots: [], includes: [], allow: [] };
  const words = argv.flatMap((word) =>
    word.startsWith("--") && word.includes("=")
      ? [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]
      : [word],
  );
  while (words.length > 0) {
    const word = words.shift();
    if (word === "--version") options.version = true;
    else if (word === "--standard-json") options.standardJson = true;
    else if (word === "--base-path") options.roots.push(words.shift());
    else if (word === "--include-path" || word === "-I") options.includes.push(words.shift());
    // Native solc limits what imports may read; here the roots already do.
    else if (word === "--allow-paths") words.shift();
    else if (word === "--allow-empty" || word === "-") continue;
    else if (!word.startsWith("-") && options.standardJson) options.input = word;
    else fail(`unrecognised option '${word}'; this wrapper knows --version and --standard-json`);
  }
  return options;
}

function importer(options) {
  const roots = [options.roots[0] ?? process.cwd(), ...options.includes].map((p) => path.resolve(p));
  return (name) => {
    for (const root of roots) {
      const file = path.resolve(root, name);
      try {
        return { contents: fs.readFileSync(file, "utf8") };
      } catch (error) {
        if (error.code !== "ENOENT" && error.code !== "ENOTDIR") return { error: String(error) };
      }
    }
    return { error: `File not found. Searched in: ${roots.join(", ")}` };
  };
}

function loadCompiler() {
  const folder = path.join(ROOT, "node_modules", "solc");
  try {
    return require(path.join(folder, "index.js"));
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    return fail(`npm's solc is not in node_modules; run \`make setup\``);
  }
}

/** The words native solc prints, which py-solc-x, forge and slither take the version from. */
function banner(compiler) {
  const version = compiler.version().replace(".Emscripten.clang", ".Emscripten.clang");
  return `solc, the solidity compiler commandline interface\nVersion: ${version}\n`;
}

const options = parse(process.argv.slice(2));
if (options.version) {
  writeAll(1, banner(loadCompiler()));
} else if (options.standardJson) {
  const input = fs.readFileSync(options.input ?? 0, "utf8");
  writeAll(1, loadCompiler().compile(input, { import: importer(options) }) + "\n");
} else {
  fail("nothing to do; this wrapper knows --version and --standard-json");
}
process.exit(0);
