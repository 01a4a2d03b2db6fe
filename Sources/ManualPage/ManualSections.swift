/// What stands in the manual and in no command's help.
enum ManualSections {
  struct Section {
    var title: String
    var text = ""
    var items: [(name: String, text: String)] = []
    var examples: [(text: String, lines: [String])] = []
  }

  static let description = """
    Farwatch watches setups that span regions: it probes regions, measures how far replicas lag and how old backups \
    are, judges rules of Prometheus and alarms of CloudWatch inside itself, and delivers pages without losing one.

    `farwatch run` is the daemon. The commands `status`, `top`, `alerts`, `ack`, `silence`, `events` and \
    `prove` ask a daemon that is running, over HTTP; the others need none.
    """

  static let all = [exitStatus, environment, files, signals, logins, examples, seeAlso]

  private static let exitStatus = Section(
    title: "EXIT STATUS",
    items: [
      ("0", "Good."),
      ("1", "What was asked for failed, or what was checked is wrong."),
      ("2", "The command was used wrongly."),
      ("3", "`check rules` only: rules are right, and a lint that was asked for found something."),
      (
        "farwatch status",
        "0: all regions are up, all objectives met, nothing fires. 1: something is bad: a region is down or degraded, an "
          + "objective is missed, an alert fires (silenced or not), an alarm is in ALARM, a receiver does not take pages. "
          + "2: something is not known, or Farwatch cannot be asked, or the command was used wrongly. Bad wins over unknown."
      ),
    ])

  private static let environment = Section(
    title: "ENVIRONMENT",
    items: [
      ("FARWATCH_URL", "The Farwatch that commands ask, without --url."),
      ("FARWATCH_TOKEN_FILE", "A file with a token, without --token-file."),
      ("FARWATCH_USER_FILE", "A file with user:password, without --user-file."),
      ("FARWATCH_CA_FILE", "Authorities to trust for https, without --ca-file."),
      ("NO_COLOR", "Set to anything: no colour, unless --color always."),
      ("TERM", "Empty or dumb: no colour, and `farwatch top` prints plain text."),
      ("USER", "Who sets silences and acknowledges, unless the command says."),
      ("TMPDIR", "Where `farwatch demo` and `farwatch replay` keep what they need for a while."),
    ])

  private static let files = Section(
    title: "FILES",
    items: [
      ("farwatch.yml", "The configuration that `run` and `replay` read, in the directory where they start."),
      ("/etc/farwatch/farwatch.yml", "The configuration of the systemd unit."),
      ("/var/lib/farwatch", "The state of the systemd unit: samples, journal, outbox, silences."),
      ("PREFIX/share/farwatch/rules/*.yml", "The rules that Farwatch comes with."),
      ("PREFIX/share/farwatch/farwatch.example.yml", "Every key of the configuration, with its default."),
      (
        "PREFIX/lib/systemd/system/farwatch.service",
        "The unit, in its sandbox; comments say how to widen it."
      ),
    ])

  private static let signals = Section(
    title: "SIGNALS",
    items: [
      (
        "SIGHUP",
        "`run`: reads the configuration again. One with faults changes nothing and is complained of."
      ),
      ("SIGTERM, SIGINT", "`run`: ends. What is not delivered yet is delivered after the next start."),
      (
        "SIGWINCH, SIGTSTP, SIGTERM, SIGINT, SIGHUP, SIGQUIT",
        "`top`: draws anew, stops, or ends; the terminal is given back as it was."
      ),
    ])

  private static let logins = Section(
    title: "LOGINS",
    text: """
      A Farwatch whose listener asks for logins takes a token (--token-file) or a user and a password (--user-file). \
      Secrets stand in files, never on the command line, where every account of the machine could read them. They are \
      sent over plain http when the address says so: use https beyond the own machine.
      """)

  private static let examples = Section(
    title: "EXAMPLES",
    examples: [
      ("Watch a small world for two minutes, without any configuration:", ["farwatch demo"]),
      (
        "Check a configuration before it is put in force:",
        ["farwatch check config /etc/farwatch/farwatch.yml && systemctl reload farwatch"]
      ),
      (
        "In a script that must not start while something is wrong:",
        ["farwatch status >/dev/null || { farwatch status; exit 1; }"]
      ),
      (
        "Silence a region while it is drilled:",
        ["farwatch silence add region=japan -d 2h -c 'planned drill'"]
      ),
      ("Who would be told if a region were lost:", ["farwatch replay --lose-region japan"]),
      (
        "Ask a daemon elsewhere:",
        [
          "export FARWATCH_URL=https://farwatch.example.org FARWATCH_TOKEN_FILE=~/.config/farwatch/token",
          "farwatch top",
        ]
      ),
      ("Read this without having installed it:", ["farwatch manual | man -l -"]),
    ])

  private static let seeAlso = Section(
    title: "SEE ALSO",
    text: "`prometheus`(1), `promtool`(1), `amtool`(1), `systemd.exec`(5)")
}
