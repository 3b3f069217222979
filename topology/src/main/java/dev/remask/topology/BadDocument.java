package dev.remask.topology;

import org.jspecify.annotations.Nullable;

/**
 * A record of the documents topic that cannot become text. It goes to the dead letters and the flow
 * goes on (invariant 12); no other exception is ever treated so.
 */
public final class BadDocument extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why; the name that people and programs find in the dead letter. */
  public enum Reason {
    /** Where the id should be is none, or none that is a UTF-8 string of 1 to 1,024 bytes. */
    BAD_ID("bad-id"),
    /** The value is not what the documents' format says. */
    UNREADABLE("unreadable"),
    /** Nothing but white space. */
    EMPTY("empty"),
    /** More characters than {@code document.chars.max}. */
    TOO_LONG("too-long");

    private final String code;

    Reason(String code) {
      this.code = code;
    }

    /** As it stands in the header {@link DeadLetter#REASON}. */
    public String code() {
      return code;
    }
  }

  private final Reason reason;

  public BadDocument(Reason reason, String detail) {
    this(reason, detail, null);
  }

  public BadDocument(Reason reason, String detail, @Nullable Throwable cause) {
    // No stack trace: hostile input must not be expensive, and the reason says it all.
    super(detail, cause, false, false);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
