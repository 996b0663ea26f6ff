// Print the figures of a board whenever they change: node live.mjs http://127.0.0.1:8080. Ends with the stream.
const stream = (await fetch(`${process.argv[2]}/v1/live?board=mash`)).body.pipeThrough(new TextDecoderStream());
let text = "";
for await (const chunk of stream) {
  const lines = (text + chunk).split("\n");
  text = lines.pop();
  for (const line of lines.filter((line) => line.startsWith('data: {"'))) { // else it is a sign of life
    const board = JSON.parse(line.slice("data: ".length));
    console.log(board.as_of, board.state, JSON.stringify(board.figures));
  }
}
