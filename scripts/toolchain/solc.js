// Answers like the native `solc`, for Ape, forge and slither, from npm's WebAssembly build.
//
//   solc.js --version
//   solc.js --standard-json [--base-path DIR] [--include-path DIR]... [FILE] < input.json
//
// No native compiler comes from the registries this project installs from, and downloading one
// would need a host that many networks close. The compiler is loaded without the JavaScript that
// npm's `solc` wraps it in, so that nothing but one file with a recorded hash makes our bytecode.
"use strict";

const fs = require("fs");
const path = require("path");

const SOLJSON = path.resolve(__dirname, "..", "..", "node_modules", "solc", "soljson.js");

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
  const options = { folders: [] };
  const words = argv.flatMap((word) => {
    const at = word.startsWith("--") ? word.indexOf("=") : -1;
    return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)];
  });
  while (words.length > 0) {
    const word = words.shift();
    if (word === "--version") options.version = true;
    else if (word === "--standard-json") options.standardJson = true;
    else if (word === "--base-path") options.folders.unshift(words.shift());
    else if (word === "--include-path" || word === "-I") options.folders.push(words.shift());
    // Native solc refuses imports from elsewhere; here they are read from these folders only.
    else if (word === "--allow-paths") words.shift();
    else if (word === "--allow-empty" || word === "-") continue;
    else if (!word.startsWith("-")) options.file = word;
    else fail(`unrecognised option '${word}'`);
  }
  return options;
}

/** Reads what the input imports but does not hold, from the first folder that has it. */
function importerFrom(folders) {
  const roots = (folders.length > 0 ? folders : ["."]).map((folder) => path.resolve(folder));
  return (name) => {
    for (const root of roots) {
      try {
        return { contents: fs.readFileSync(path.resolve(root, name), "utf8") };
      } catch (error) {
        if (error.code !== "ENOENT" && error.code !== "ENOTDIR") return { error: String(error) };
      }
    }
    return { error: `File not found. Searched in: ${roots.join(", ")}` };
  };
}

function loadCompiler() {
  if (!fs.existsSync(SOLJSON)) fail("npm's solc is not in node_modules; run `make setup`");
  const handlers = process.listeners("uncaughtException");
  const compiler = require(SOLJSON);
  // Emscripten installs a handler of its own, which would hide where an error came from.
  for (const handler of process.listeners("uncaughtException")) {
    if (!handlers.includes(handler)) process.removeListener("uncaughtException", handler);
  }
  return compiler;
}

function compile(compiler, input, readImport) {
  const put = (text, target) => {
    const size = compiler.lengthBytesUTF8(text) + 1;
    const address = compiler._solidity_alloc(size);
    compiler.stringToUTF8(text, address, size);
    compiler.setValue(target, address, "*");
  };
  const callback = compiler.addFunction((context, kind, name, contents, error) => {
    const answer =
      compiler.UTF8ToString(kind) === "source"
        ? readImport(compiler.UTF8ToString(name))
        : { error: "No SMT solver here." };
    if (answer.contents !== undefined) put(answer.contents, contents);
    if (answer.error !== undefined) put(answer.error, error);
  }, "viiiii");
  const run = compiler.cwrap("solidity_compile", "string", ["string", "number", "number"]);
  return run(input, callback, 0);
}

const options = parse(process.argv.slice(2));
if (options.version) {
  const version = loadCompiler().cwrap("solidity_version", "string", [])();
  // py-solc-x, forge and slither look for these words.
  writeAll(1, `solc, the solidity compiler commandline interface\nVersion: ${version}\n`);
} else if (options.standardJson) {
  const input = fs.readFileSync(options.file ?? 0, "utf8");
  writeAll(1, compile(loadCompiler(), input, importerFrom(options.folders)) + "\n");
} else {
  fail("this wrapper of npm's solc knows --version and --standard-json only");
}
process.exit(0);
