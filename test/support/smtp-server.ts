/** A mail server on this machine for one test: it speaks just enough SMTP, and keeps what it was given. */
import { type AddressInfo, createServer, type Socket } from "node:net";

export interface TakenMail {
  from: string;
  to: string[];
  /** Headers and body as they came. */
  source: string;
}

export interface SmtpTestServer {
  port: number;
  mails: TakenMail[];
  /** User and password of every login. */
  logins: string[];
  connections(): number;
  close(): Promise<void>;
}

/** `answers`: what to say instead of yes, by the beginning of the line that was said. */
export async function smtpServer(answers: Record<string, string> = {}): Promise<SmtpTestServer> {
  const mails: TakenMail[] = [];
  const logins: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    converse(socket, { answers, mails, logins });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    mails,
    logins,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

interface Kept {
  answers: Record<string, string>;
  mails: TakenMail[];
  logins: string[];
}

function converse(socket: Socket, { answers, mails, logins }: Kept): void {
  let mail: TakenMail = { from: "", to: [], source: "" };
  let inData = false;
  let rest = "";
  const say = (line: string) => socket.write(`${line}\r\n`);
  const heard = (line: string): void => {
    if (inData) {
      if (line !== ".") mail.source += `${line.replace(/^\./, "")}\r\n`;
      else {
        inData = false;
        mails.push(mail);
        say("250 taken");
      }
      return;
    }
    const other = Object.entries(answers).find(([said]) => line.startsWith(said))?.[1];
    if (other === "silence") return;
    if (other !== undefined) return void say(other);
    if (line.startsWith("EHLO")) return void socket.write("250-test\r\n250 AUTH PLAIN\r\n");
    if (line.startsWith("AUTH PLAIN ")) {
      logins.push(Buffer.from(line.slice(11), "base64").toString().split("\0").slice(1).join(":"));
      return void say("235 welcome");
    }
    if (line.startsWith("MAIL FROM:")) mail = { from: line.slice(10), to: [], source: "" };
    if (line.startsWith("RCPT TO:")) mail.to.push(line.slice(8));
    if (line === "STARTTLS") return void say("502 not here");
    if (line === "QUIT") return void socket.end("221 bye\r\n");
    inData = line === "DATA";
    say(inData ? "354 go on" : "250 ok");
  };
  say("220 test ESMTP");
  socket.on("data", (chunk) => {
    const lines = `${rest}${chunk}`.split("\r\n");
    rest = lines.pop() ?? "";
    for (const line of lines) heard(line);
  });
}
