package dev.remask.app;

import dev.remask.app.Corpus.Source;
import dev.remask.schemas.Document;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What may enter the documents topic: a pure decision per document. */
final class Ingest {
  /** A document, or the reason why it is none. */
  record Verdict(@Nullable Document document, @Nullable String refusal) {}

  private final int documentCharsMax;

  Ingest(int documentCharsMax) {
    this.documentCharsMax = documentCharsMax;
  }

  Verdict judge(Source source) {
    Optional<String> text = decode(source.bytes());
    if (text.isEmpty()) {
      return new Verdict(null, "not valid UTF-8");
    }
    if (text.get().isBlank()) {
      return new Verdict(null, "empty");
    }
    if (text.get().length() > documentCharsMax) {
      return new Verdict(
          null, text.get().length() + " characters, over the limit of " + documentCharsMax);
    }
    return new Verdict(source.document(text.get()), null);
  }

  private static Optional<String> decode(byte[] bytes) {
    CharsetDecoder strict =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    try {
      return Optional.of(strict.decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }
}
