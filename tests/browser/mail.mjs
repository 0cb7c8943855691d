// A mail server that keeps nothing: each mail that it takes is a line of JSON on standard output.
// The first is put off, as greylisting servers do. Argument: the port.
import { simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";

let putOff = true;
const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ["STARTTLS", "AUTH"],
  onRcptTo(_address, _session, done) {
    if (putOff) {
      putOff = false;
      const later = new Error("try again later");
      later.responseCode = 450;
      return done(later);
    }
    return done();
  },
  onData(stream, session, done) {
    simpleParser(stream).then((mail) => {
      const to = session.envelope.rcptTo.map((receiver) => receiver.address);
      const { subject, text, messageId } = mail;
      done();
      // Told when its sender knows that it is taken.
      const line = JSON.stringify({ to, from: mail.from.text, subject, text, messageId });
      setTimeout(() => process.stdout.write(`${line}\n`), 100);
    }, done);
  },
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => process.stdout.write('"ready"\n'));
