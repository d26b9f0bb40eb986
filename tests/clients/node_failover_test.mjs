// ioredis and node-redis, alone and as cluster clients, while the leader is killed and comes back.
// CONTROL: where the servers are ended and started. NODES: "1=port,2=port,3=port".
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import Redis from "ioredis";
import { createClient, createCluster } from "redis";

const host = "127.0.0.1";
const nodes = new Map(process.env.NODES.split(",").map((pair) => pair.split("=").map(Number)));
const addresses = [...nodes.values()].map((port) => ({ host, port }));

const control = (path, method = "POST") =>
  fetch(process.env.CONTROL + path, { method }).then((reply) => reply.text());

async function until(what, holds) {
  for (const end = Date.now() + 20_000; !(await holds()); await pause(10)) {
    assert.ok(Date.now() < end, `not within 20 s: ${what}`);
  }
}

async function theLeader() {
  let leader;
  await until("a leader", async () => (leader = Number(await control("/leader", "GET"))) > 0);
  return leader;
}

// What an application is told whose request was under way when the server went.
const isOfTheKill = ({ code, message }) =>
  /^(UNKNOWN|CLUSTERDOWN|TRYAGAIN) |Socket closed unexpectedly|Connection is closed|max retries/.test(message) ||
  ["ECONNRESET", "ECONNREFUSED", "EPIPE"].includes(code);

// Writes one key after the other, each once; those that were acknowledged must be there at the end.
async function writesWhile(name, client, disturb) {
  const acknowledged = [];
  let stopped = false;
  const writing = (async () => {
    for (let i = 0; !stopped; ++i) {
      try {
        assert.equal(await client.set(`${name}:${i}`, i), "OK");
        acknowledged.push(i);
      } catch (error) {
        if (!isOfTheKill(error)) throw error;
        await pause(5);
      }
    }
  })();
  const more = (count) => {
    const enough = acknowledged.length + count;
    return Promise.race([writing, until(`${count} more writes`, () => acknowledged.length >= enough)]);
  };
  try {
    await more(50);
    await disturb(() => more(50));
    await more(50);
  } finally {
    stopped = true;
    await writing;
  }
  for (const i of acknowledged) assert.equal(await client.get(`${name}:${i}`), String(i));
}

const io = (client) => [client.on("error", () => {}), () => client.disconnect()];
const nodeRedis = async (client) =>
  [await client.on("error", () => {}).connect(), () => client.destroy()];

const clients = {
  "ioredis": (port) => io(new Redis({ host, port })),
  "ioredis cluster": () => io(new Redis.Cluster(addresses)),
  "node-redis": (port) => nodeRedis(createClient({ socket: { host, port } })),
  "node-redis cluster": () =>
    nodeRedis(createCluster({ rootNodes: addresses.map((socket) => ({ socket })) })),
};

function testFailover(name, { at, goesOn }) {
  const goes = goesOn ? "goes on without it" : "goes on when it is back";
  test(`${name} at ${at}: the leader is killed, it ${goes}`, { timeout: 60_000 }, async () => {
    const leader = await theLeader();
    const other = [...nodes.keys()].find((node) => node !== leader);
    const [client, close] = await clients[name](nodes.get(at === "the leader" ? leader : other));
    try {
      await writesWhile(`${name}:${at}`, client, async (moreWrites) => {
        await control(`/kill/${leader}`);
        if (goesOn) await moreWrites();
        await control("/start_all");
      });
    } finally {
      close();
      await control("/start_all");
    }
  });
}

for (const name of ["ioredis", "node-redis"]) {
  testFailover(name, { at: "a follower", goesOn: true });
  testFailover(name, { at: "the leader", goesOn: false });
}
testFailover("ioredis cluster", { at: "all nodes", goesOn: true });
// It asks nobody else where the leader is while the node that it knows as such can't be reached.
testFailover("node-redis cluster", { at: "all nodes", goesOn: false });
