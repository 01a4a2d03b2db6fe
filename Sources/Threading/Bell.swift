#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Wakes one waiting thread; a ring that comes early is kept.
///
/// It waits on the monotonic clock. Dispatch's semaphores wait on the wall clock here: set back by an hour, a wait of
/// a second becomes one of an hour.
///
/// `@unchecked Sendable`: `rung` is read and written only under `mutex`, and the two C objects are made to be shared.
package final class Bell: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var rung = false

  package init() {
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  package func ring() {
    pthread_mutex_lock(mutex)
    rung = true
    pthread_mutex_unlock(mutex)
    // Outside the lock, or whom it wakes would run into it. The caller holds the bell: it is still there.
    pthread_cond_signal(condition)
  }

  /// Waits for a ring, up to `limit`; whether there was one. Takes it: the next wait is for another.
  package func wait(upTo limit: Duration) -> Bool {
    var deadline = timespec()
    clock_gettime(CLOCK_MONOTONIC, &deadline)
    let (seconds, attoseconds) = max(limit, .zero).components
    let nanoseconds = deadline.tv_nsec + Int(attoseconds / 1_000_000_000)
    deadline.tv_sec += Int(min(seconds, 1 << 40)) + nanoseconds / 1_000_000_000
    deadline.tv_nsec = nanoseconds % 1_000_000_000
    pthread_mutex_lock(mutex)
    defer {
      rung = false
      pthread_mutex_unlock(mutex)
    }
    while !rung, pthread_cond_timedwait(condition, mutex, &deadline) != ETIMEDOUT {}
    return rung
  }
}
