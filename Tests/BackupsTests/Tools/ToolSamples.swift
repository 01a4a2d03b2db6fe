@testable import Backups

/// Answers of backup tools, recorded from the real ones unless said otherwise.
enum ToolSamples {
  struct Sample: Sendable {
    let text: String
    let read: @Sendable ([UInt8]) -> Void
  }

  static let all = [
    Sample(text: pgBackRest) { _ = PgBackRestInfo.read($0, stanza: "main", repository: 1) },
    Sample(text: archive) { bytes in
      if case .success(let listing) = ArchiveListing.read(bytes) { _ = listing.segmentSize([]) }
    },
    Sample(text: restic) { _ = ResticSnapshots.read($0) },
    Sample(text: borg) { _ = BorgDialogue.read($0) },
  ]

  static let pgBackRest = """
    [{"archive":[{"database":{"id":1,"repo-key":1},"id":"15-1","max":"000000010000000000000007","min":\
    "000000010000000000000006"}],"backup":[{"archive":{"start":"000000010000000000000007","stop":\
    "000000010000000000000007"},"backrest":{"format":5,"version":"2.45"},"database":{"id":1,"repo-key":1},\
    "error":false,"info":{"delta":23213815,"repository":{"delta":23213815,"size":23213815},"size":23213815},\
    "label":"20261121-200908F","lsn":{"start":"0/700028","stop":"0/700100"},"prior":null,"reference":null,\
    "timestamp":{"start":1795291748,"stop":1795291757},"type":"full"}],"cipher":"none","db":[{"id":1,\
    "repo-key":1,"system-id":7710719326909119035,"version":"15"}],"name":"main","repo":[{"cipher":"none",\
    "key":1,"status":{"code":0,"message":"ok"}}],"status":{"code":0,"lock":{"backup":{"held":false}},\
    "message":"ok"}}]
    """

  static let archive = """
    {".":{"type":"path"},"0000000100000000":{"type":"path"},"0000000100000000/000000010000000000000006-\
    34182bd2bd7ed5d7846e5bc4288555e5a56646e2":{"type":"file","size":1048576,"time":1795291748},\
    "0000000100000000/000000010000000000000007.00000028.backup":{"type":"file","size":368,"time":1795291757},\
    "00000002.history":{"type":"file","size":41,"time":1795291760}}
    """

  static let restic = """
    [{"time":"2026-11-21T20:09:24.255316119Z","tree":"034efaff","paths":["/tmp/d"],"hostname":"h1","username":\
    "root","tags":["db"],"summary":{"total_bytes_processed":200000,"data_added":200707},"id":"97f88d3e2730bc90",\
    "short_id":"97f88d3e"}]
    """

  static let borg = """
    {"archives":[{"archive":"one","barchive":"one","id":"5e4fbfef","name":"one","start":\
    "2026-11-21T20:09:32.000000","time":"2026-11-21T20:09:32.000000"}],"encryption":{"mode":"repokey-blake2"},\
    "repository":{"id":"4d858e27","last_modified":"2026-11-21T20:09:32.000000","location":"/tmp/r"}}
    """
}
