// Compiles again and again in one process: a standard-JSON input a line in, its output a line out.
//
// Loading the WebAssembly compiler takes longer than compiling one small change, and a mutation run
// compiles hundreds of them.
"use strict";

const readline = require("readline");
const solc = require(require.resolve("solc", { paths: [process.argv[2]] }));

const lines = readline.createInterface({ input: process.stdin, crlfDelay: Infinity });
lines.on("line", (line) => {
  process.stdout.write(JSON.stringify(JSON.parse(solc.compile(line))) + "\n");
});
