package dev.remask.topology;

import dev.remask.mlm.Packing;
import dev.remask.schemas.Books;

/**
 * The steps of the packer's books. Every step but {@link #settle}, {@link #flush} and {@link
 * #update} takes in one record and puts it into exactly one column, so the books balance after each
 * (invariant 5).
 */
final class Bookkeeping {
  static final Books NOTHING = Books.newBuilder().build();

  private Bookkeeping() {}

  static Books deadLetter(Books books) {
    return read(books).setDeadLetters(books.getDeadLetters() + 1).build();
  }

  static Books duplicate(Books books) {
    return read(books).setDuplicates(books.getDuplicates() + 1).build();
  }

  static Books tombstone(Books books) {
    return read(books).setTombstones(books.getTombstones() + 1).build();
  }

  static Books heldOut(Books books, long tokens, Packing packing) {
    return read(books)
        .setHeldOut(books.getHeldOut() + 1)
        .setHeldOutTokens(books.getHeldOutTokens() + tokens)
        .setHeldOutTruncatedTokens(books.getHeldOutTruncatedTokens() + packing.truncated())
        .setHeldOutRepeatedTokens(books.getHeldOutRepeatedTokens() + packing.repeated())
        .build();
  }

  static Books training(Books books, long tokens, Packing packing) {
    return read(books)
        .setPending(books.getPending() + 1)
        .setTokens(books.getTokens() + tokens)
        .setTruncatedTokens(books.getTruncatedTokens() + packing.truncated())
        .setRepeatedTokens(books.getRepeatedTokens() + packing.repeated())
        .build();
  }

  /** A document that is packed or held out is a new content of its id. */
  static Books update(Books books) {
    return Books.newBuilder(books).setUpdates(books.getUpdates() + 1).build();
  }

  /** A segment was filled: all that was pending is packed, but for {@code stillPending}. */
  static Books settle(Books books, long stillPending) {
    return Books.newBuilder(books)
        .setPacked(books.getPacked() + books.getPending() - stillPending)
        .setPending(stillPending)
        .build();
  }

  /** A flush signal was read; it is no document. */
  static Books flush(Books books) {
    return Books.newBuilder(books).setFlushes(books.getFlushes() + 1).build();
  }

  private static Books.Builder read(Books books) {
    return Books.newBuilder(books).setDocuments(books.getDocuments() + 1);
  }
}
