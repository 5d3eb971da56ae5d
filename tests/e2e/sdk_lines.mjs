// What the drivers of the npm SDKs share: one JSON line in, one JSON line out.
import { createInterface } from "node:readline";

export async function answerLines(driver) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { do: name, ...asked } = JSON.parse(line);
    const call = driver[name] || (async () => ({ missing: true }));
    const answer = await call(asked).catch((error) => ({ error: `${error}` }));
    console.log(JSON.stringify(answer));
  }
}
