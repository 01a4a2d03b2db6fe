internal import Dispatch
internal import HTTPClient
internal import Model

extension HTTPStore {
  func protection(
    timeout: Duration, _ completion: @escaping @Sendable (Result<StoreProtection?, StoreFailure>) -> Void
  ) {
    guard let versioning = dialect.versioningRequest, let lock = dialect.objectLockRequest else {
      return queue.async { completion(.success(nil)) }
    }
    let deadline = transport.time.monotonic + timeout
    send(versioning, until: deadline) { [self] answer, _ in
      do throws(StoreFailure) {
        let state = try dialect.versioning(try answer.get().body)
        send(lock, until: deadline) { [self] answer, _ in
          completion(locked(StoreProtection(versioning: state), answer))
        }
      } catch { completion(.failure(named(error))) }
    }
  }

  private func locked(
    _ protection: StoreProtection, _ answer: Result<HTTPResult, StoreFailure>
  ) -> Result<StoreProtection?, StoreFailure> {
    do throws(StoreFailure) {
      var protection = protection
      (protection.hasObjectLock, protection.retention) = try dialect.objectLock(try answer.get().body)
      return .success(protection)
    } catch {
      // The answer of a bucket that has none.
      return error.isUnset ? .success(protection) : .failure(named(error))
    }
  }

  /// A refusal names what has to be allowed for these questions, which is not what listing needs.
  private func named(_ failure: StoreFailure) -> StoreFailure {
    guard failure.reason == .permission else { return failure }
    return StoreFailure(
      .permission, "\(title) denies to tell its protection: allow \(dialect.protectionPrivileges)")
  }
}
