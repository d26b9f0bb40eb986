// ioredis and node-redis, alone and as cluster clients. PORTS: the nodes' ports, the leader first.
import assert from "node:assert/strict";
import { test } from "node:test";
import Redis from "ioredis";
import { createClient, createCluster } from "redis";

const host = "127.0.0.1";
const ports = process.env.PORTS.split(",").map(Number);
const [leader, follower] = ports;
const binary = Buffer.from([0, 255, 13, 10]);

for (const port of [leader, follower]) {
  const role = port === leader ? "leader" : "follower";

  test(`ioredis on a ${role}`, async () => {
    const client = new Redis({ host, port });
    await client.flushall();
    assert.equal(await client.set("io", binary), "OK");
    assert.deepEqual(await client.getBuffer("io"), binary);
    assert.equal(await client.append("io:a", "xy"), 2);
    assert.equal(await client.incr("io:n"), 1);
    assert.deepEqual(await client.mget("io:n", "none"), ["1", null]);
    assert.equal(await client.dbsize(), 3);
    const replies = await client.pipeline().set("p", 1).get("p").incr("p").get("p").exec();
    assert.deepEqual(replies.map(([, reply]) => reply), ["OK", "1", 2, "2"]);
    await assert.rejects(client.call("NOSUCH"), /unknown command/);
    await client.quit();
  });

  test(`ONCE through ioredis on a ${role}`, async () => {
    const client = new Redis({ host, port });
    const session = await client.call("SESSION", "OPEN");
    await client.del("io:once");
    for (let i = 0; i < 3; ++i) {
      assert.equal(await client.call("ONCE", session, 1, "APPEND", "io:once", "x"), 1);
    }
    assert.equal(await client.get("io:once"), "x");
    await client.quit();
  });

  for (const RESP of [2, 3]) {
    test(`node-redis, RESP${RESP}, on a ${role}`, async () => {
      const client = createClient({ socket: { host, port }, RESP });
      await client.connect();
      assert.equal(await client.set("nr", "väl"), "OK");
      assert.equal(await client.get("nr"), "väl");
      assert.equal(await client.get("none"), null);
      const before = Number((await client.get("nr:n")) ?? 0);
      assert.equal(await client.incrBy("nr:n", 5), before + 5);
      const all = await Promise.all(Array.from({ length: 200 }, (_, i) => client.set("nr" + i, i)));
      assert.ok(all.every((reply) => reply === "OK"));
      assert.match(await client.info(), /cluster_enabled:1/);
      await client.close();
    });
  }
}

test("ioredis as a cluster client", async () => {
  const client = new Redis.Cluster(ports.map((port) => ({ host, port })));
  for (let i = 0; i < 50; ++i) assert.equal(await client.set("ic" + i, i), "OK");
  for (let i = 0; i < 50; ++i) assert.equal(await client.get("ic" + i), String(i));
  assert.equal(client.nodes("master").length, 1);
  await client.quit();
});

test("node-redis as a cluster client", async () => {
  const client = createCluster({ rootNodes: ports.map((port) => ({ socket: { host, port } })) });
  await client.connect();
  for (let i = 0; i < 50; ++i) assert.equal(await client.set("nc" + i, i), "OK");
  for (let i = 0; i < 50; ++i) assert.equal(await client.get("nc" + i), String(i));
  assert.equal(client.masters.length, 1);
  await client.close();
});

// Last: another node leads after it.
test("node-redis with maintNotifications goes where MOVING says, and no request fails", async (t) => {
  const options = { socket: { host, port: leader }, RESP: 3, maintNotifications: "enabled" };
  const client = createClient(options);
  const errors = [];
  client.on("error", (error) => errors.push(error));
  t.after(() => client.destroy());
  await client.connect();
  const node = async () => (await client.info("raft")).match(/raft_node_id:(\d+)/)[1];
  const first = await node();
  await client.del("moving");
  const operator = createClient({ socket: { host, port: leader } });
  t.after(() => operator.destroy());
  await operator.connect();
  await operator.sendCommand(["RAFT", "TRANSFER"]);
  let increments = 0;
  const deadline = Date.now() + 20_000;
  while ((await node()) === first && Date.now() < deadline) {
    const sent = Array.from({ length: 20 }, () => client.incr("moving"));
    increments += (await Promise.all(sent)).length;
  }
  assert.notEqual(await node(), first);
  assert.equal(await client.get("moving"), String(increments));
  assert.deepEqual(errors, []);
});
