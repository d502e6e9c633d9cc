// A TCP relay that delays every chunk, in both directions, as a long line does.

import { createServer, connect } from "node:net";

/** Relays to `port` of loopback and delays each chunk by `delayMs`. */
export async function relay(port, delayMs) {
  const open = new Set();
  let carried = 0;
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on("error", () => socket.destroy());
      open.add(socket);
      socket.on("close", () => open.delete(socket));
    }
    carry(near, far, delayMs, () => {});
    carry(far, near, delayMs, (bytes) => (carried += bytes));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    /** The port to connect to. */
    port: server.address().port,
    /** Bytes that came back from the other side so far. */
    get bytesDown() {
      return carried;
    },
    /** Cuts every connection, and takes new ones. */
    cut() {
      for (const socket of open) socket.destroy();
    },
    /** Cuts every connection and takes no more. */
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

function carry(from, to, delayMs, count) {
  const later = (work) => (delayMs > 0 ? setTimeout(work, delayMs) : work());
  from.on("data", (chunk) => {
    count(chunk.length);
    later(() => to.writable && to.write(chunk));
  });
  from.on("end", () => later(() => to.end()));
  from.on("close", () => later(() => to.destroy()));
}
