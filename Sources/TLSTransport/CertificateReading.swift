internal import COpenSSL
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model

/// OpenSSL's certificates as values.
enum CertificateReading {
  private static let chainLimit: CInt = 16
  private static let nameLimit: CInt = 16
  private static let textLimit = 512

  static func chain(_ stack: OpaquePointer?) -> [TLSFacts.Certificate] {
    guard let stack else { return [] }
    return (0..<max(0, min(fw_certificate_count(stack), chainLimit))).compactMap { index in
      fw_certificate_at(stack, index).map(certificate)
    }
  }

  private static func certificate(_ x509: OpaquePointer) -> TLSFacts.Certificate {
    var certificate = TLSFacts.Certificate()
    certificate.subject = text(X509_get_subject_name(x509))
    certificate.issuer = text(X509_get_issuer_name(x509))
    certificate.notBefore = moment(X509_get0_notBefore(x509))
    certificate.notAfter = moment(X509_get0_notAfter(x509))
    if let serial = X509_get0_serialNumber(x509) {
      certificate.serial = hexadecimal(bytes(serial).prefix(64))
    }
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var length: UInt32 = 0
    if X509_digest(x509, EVP_sha256(), &digest, &length) == 1 {
      certificate.fingerprint = hexadecimal(digest.prefix(Int(length)))
    }
    certificate.alternatives = alternatives(x509)
    return certificate
  }

  private static func alternatives(_ x509: OpaquePointer) -> [String] {
    guard let names = fw_alternative_names(x509) else { return [] }
    defer { GENERAL_NAMES_free(names) }
    return (0..<max(0, min(fw_name_count(names), nameLimit))).compactMap { index in
      guard let name = fw_name_at(names, index) else { return nil }
      var kind: CInt = 0
      guard let value = GENERAL_NAME_get0_value(name, &kind) else { return nil }
      let content = bytes(value.assumingMemoryBound(to: asn1_string_st.self))
      switch kind {
      case GEN_DNS: return printable(content.prefix(textLimit))
      case GEN_IPADD: return address(content)
      default: return nil
      }
    }
  }

  private static func bytes(_ string: UnsafePointer<asn1_string_st>) -> [UInt8] {
    let count = Int(ASN1_STRING_length(string))
    guard count > 0, let start = ASN1_STRING_get0_data(string) else { return [] }
    return Array(UnsafeBufferPointer(start: start, count: count))
  }

  private static func address(_ bytes: [UInt8]) -> String? {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    var text = [CChar](repeating: 0, count: 64)
    let family = bytes.count == 4 ? AF_INET : AF_INET6
    guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return nil }
    return text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } }
  }

  private static func text(_ name: OpaquePointer?) -> String {
    guard let name, let memory = fw_memory() else { return "" }
    defer { BIO_free(memory) }
    fw_print_name(memory, name)
    var buffer = [UInt8](repeating: 0, count: textLimit)
    let count = BIO_read(memory, &buffer, CInt(buffer.count))
    return count > 0 ? printable(buffer.prefix(Int(count))) : ""
  }

  /// Somebody else's text as one line: it becomes a label and a log line.
  private static func printable(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: bytes.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
  }

  private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// nil when the certificate holds no time that OpenSSL can read.
  private static func moment(_ time: UnsafePointer<asn1_string_st>?) -> Timestamp? {
    var parts = tm()
    guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
    return Timestamp(
      year: Int(parts.tm_year) + 1900, month: Int(parts.tm_mon) + 1, day: Int(parts.tm_mday),
      hour: Int(parts.tm_hour), minute: Int(parts.tm_min), second: Int(parts.tm_sec))
  }
}
