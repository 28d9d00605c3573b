// The official Node SDK sends a dataset by its address and waits for the verdict. Arguments: server URL, token, address of
// the dataset, callback URL. Prints the voice and its recordings as JSON.
const { Resemble } = require("@resemble/node");

const [url, token, dataset, callback] = process.argv.slice(2);
Resemble.setApiKey(token);
Resemble.setBaseUrl(`${url}/api`);

async function main() {
  const asked = { name: "Real", dataset_url: dataset, callback_uri: callback };
  const made = await Resemble.v2.voices.create(asked);
  if (!made.success) throw new Error(JSON.stringify(made));
  let voice = made.item;
  for (let n = 0; voice.status === "running"; n++) {
    if (n > 1200) throw new Error("waited too long");
    await new Promise((wake) => setTimeout(wake, 500));
    voice = (await Resemble.v2.voices.get(made.item.uuid)).item;
  }
  const recordings = (await Resemble.v2.recordings.all(voice.uuid, 1, 100)).items;
  console.log(JSON.stringify({ voice, recordings }));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
