// Drives the official Node SDK through all it can do with a voice. Arguments: server URL, token, folder
// with speech (a.wav, b.wav, c.wav), callback URL. Prints one JSON object of what it got.
const fs = require("fs");
const path = require("path");
const { Resemble } = require("@resemble/node");

const [url, token, speech, callback] = process.argv.slice(2);
Resemble.setApiKey(token);
Resemble.setBaseUrl(`${url}/api`);
Resemble.setSynthesisUrl(`${url}/syn`);

const v2 = Resemble.v2;
const TEXT = "The kettle is on. The bread is still warm.";
const got = {};

function need(answer, what) {
  if (!answer || answer.success !== true) throw new Error(`${what}: ${JSON.stringify(answer)}`);
  return answer.item;
}

async function until(read, done) {
  for (let n = 0; n < 600; n++) {
    const answer = await read();
    if (done(answer)) return answer;
    await new Promise((wake) => setTimeout(wake, 100));
  }
  throw new Error("waited too long");
}

async function spoken(voice, project, config) {
  let bytes = 0;
  let head = null;
  let timestamps = null;
  for await (const piece of v2.clips.stream({ data: TEXT, voice_uuid: voice, project_uuid: project }, config)) {
    if (head === null) head = Buffer.from(piece.data).toString("latin1").slice(0, 4);
    bytes += piece.data.length;
    timestamps = piece.timestamps;
  }
  return { bytes, head, timestamps };
}

async function main() {
  // It has no call for the account (nor has the Python SDK): that is tested without one, in test_batches_and_terms.py.
  got.parts = Object.keys(v2).sort();

  const bad = await v2.voices.create({ name: "Eve", consent: "badb" });
  got.bad = { success: bad.success, uuid: bad.item.uuid };
  need(await v2.voices.update(bad.item.uuid, { name: "Eva" }), "update of a voice without consent");
  got.deletedVoice = await v2.voices.delete(bad.item.uuid);

  const voice = need(await v2.voices.create({ name: "Ada", voice_type: "rapid", callback_uri: callback }), "create").uuid;
  const fields = (name) => ({ name, text: "transcription", emotion: "neutral", is_active: true });
  // From a stream, as the SDK's documentation does, and from a Buffer, as its type says.
  for (const name of ["a.wav", "b.wav"]) {
    const file = path.join(speech, name);
    need(await v2.recordings.create(voice, fields(name), fs.createReadStream(file), fs.statSync(file).size), name);
  }
  const buffer = fs.readFileSync(path.join(speech, "c.wav"));
  const recording = need(await v2.recordings.create(voice, fields("c.wav"), buffer, buffer.length), "buffer");
  got.recording = need(await v2.recordings.update(voice, recording.uuid, { name: "c", emotion: "calm" }), "edit");
  got.read = need(await v2.recordings.get(voice, recording.uuid), "read of a recording");
  got.recordings = (await v2.recordings.all(voice, 1, 10)).items.length;

  got.built = await v2.voices.build(voice);
  const finished = await until(() => v2.voices.get(voice), (answer) => answer.item.status !== "running");
  got.status = finished.item.status;
  got.listed = (await v2.voices.all(1, 10, true, true)).items.some((item) => item.uuid === voice);

  const project = need(await v2.projects.create({ name: "Bread", description: "" }), "project").uuid;
  got.project = need(await v2.projects.update(project, { name: "Cake", description: "x" }), "project edit");
  const now = need(await v2.clips.createSync(project, { voice_uuid: voice, body: TEXT, title: "Now" }), "sync");
  got.audio = (await (await fetch(now.audio_src)).arrayBuffer()).byteLength;
  const order = { voice_uuid: voice, body: TEXT, callback_uri: callback };
  got.later = need(await v2.clips.createAsync(project, order), "async").uuid;
  await until(() => v2.clips.get(project, got.later), (answer) => Boolean(answer.item.audio_src));
  need(await v2.clips.updateAsync(project, now.uuid, { ...order, body: "Something else." }), "clip edit");
  got.clips = (await v2.clips.all(project, 1, 10)).items.length;
  const direct = await v2.clips.createDirect({ voice_uuid: voice, project_uuid: project, data: TEXT });
  got.direct = { success: direct.success, issues: direct.issues, bytes: Buffer.from(direct.audio_content, "base64").length };

  const batch = need(await v2.batch.create(project, voice, ["One.", "Two."], { callbackUri: callback }), "batch");
  got.batch = { uuid: batch.uuid, body: batch.body };
  await until(() => v2.batch.get(project, batch.uuid), (answer) => answer.item.completed_count === 2);
  got.batches = (await v2.batch.all(project, 1, 10)).items.length;
  got.deletedBatch = await v2.batch.delete(project, batch.uuid);
  const phoneme = need(await v2.phonemes.create("pressure", "ˈprɛʃər"), "phoneme");
  got.phoneme = need(await v2.phonemes.get(phoneme.uuid), "read of a phoneme");
  got.phonemes = (await v2.phonemes.all(1, 10)).items.map((item) => item.uuid === phoneme.uuid);
  got.deletedPhoneme = await v2.phonemes.delete(phoneme.uuid);
  const term = need(await v2.termSubstitutions.create("Vodaphone", "vohda phone"), "term");
  got.term = need(await v2.termSubstitutions.get(term.uuid), "read of a term");
  got.terms = (await v2.termSubstitutions.all(1, 10)).items.map((item) => item.uuid === term.uuid);
  got.deletedTerm = await v2.termSubstitutions.delete(term.uuid);

  got.plain = await spoken(voice, project, { ignoreWavHeader: false });
  got.headless = await spoken(voice, project, { ignoreWavHeader: true });
  got.timed = await spoken(voice, project, { ignoreWavHeader: true, getTimeStamps: true });
  got.timedPlain = await spoken(voice, project, { ignoreWavHeader: false, getTimeStamps: true });
  try {
    await spoken("00000000", project, {});
  } catch (error) {
    got.unknownVoice = error.message;
  }

  got.deletedClip = await v2.clips.delete(project, now.uuid);
  got.deletedProject = await v2.projects.delete(project);
  got.deletedRecording = await v2.recordings.delete(voice, recording.uuid);
  need(await v2.voices.get(voice), "read");
  got.voice = voice;
  console.log(JSON.stringify(got));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
