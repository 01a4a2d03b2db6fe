import Glibc
import Synchronization
import Testing
import Threading

@Suite struct OwnThreadTests {
  @Test func aThreadRunsUnderItsNameWithSignalsBlocked() throws {
    let seen = Mutex<(name: String, pipeIsBlocked: Bool)?>(nil)
    let thread = try OwnThread.start("farwatch-test-with-a-long-name") {
      var mask = sigset_t()
      pthread_sigmask(SIG_BLOCK, nil, &mask)
      let file = fopen("/proc/thread-self/comm", "r")
      var buffer = [CChar](repeating: 0, count: 32)
      fgets(&buffer, 32, file)
      fclose(file)
      let name = String(
        decoding: buffer.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let blocked = sigismember(&mask, SIGPIPE) == 1
      seen.withLock { $0 = (name, blocked) }
    }
    thread.join()
    let found = try #require(seen.withLock { $0 })
    #expect(found.name == "farwatch-test-w")
    #expect(found.pipeIsBlocked)
    var own = sigset_t()
    pthread_sigmask(SIG_BLOCK, nil, &own)
    #expect(sigismember(&own, SIGPIPE) == 0, "the maker's own mask is as before")
  }
}
