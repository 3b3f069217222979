package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.remask.topology.BadDocument;
import dev.remask.topology.BadDocument.Reason;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.NotBlank;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class ContentTest {
  private static final int MAX = 100;

  private static Reason refusal(byte[] bytes) {
    return catchThrowableOfType(BadDocument.class, () -> Content.checked(bytes, MAX)).reason();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Property
  void textComesThroughUnchanged(@ForAll @NotBlank @StringLength(max = MAX) String text) {
    byte[] bytes = utf8(text);
    String sent = new String(bytes, StandardCharsets.UTF_8);
    if (!sent.isBlank()) {
      assertThat(Content.checked(bytes, MAX)).isEqualTo(sent);
    }
  }

  @Test
  void emptyTextIsRefused() {
    assertThat(refusal(utf8(""))).isEqualTo(Reason.EMPTY);
    assertThat(refusal(utf8(" \n\t\u2003"))).isEqualTo(Reason.EMPTY);
  }

  @Test
  void textOverTheLimitIsRefusedAndTextAtTheLimitIsNot() {
    assertThat(refusal(utf8("x".repeat(MAX + 1)))).isEqualTo(Reason.TOO_LONG);
    assertThat(Content.checked(utf8("x".repeat(MAX)), MAX)).hasSize(MAX);
  }

  @Test
  void bytesThatAreNoUtf8AreRefused() {
    assertThat(refusal(new byte[] {'a', (byte) 0xC3})).isEqualTo(Reason.UNREADABLE);
    assertThat(refusal(new byte[] {(byte) 0xFF})).isEqualTo(Reason.UNREADABLE);
    // A surrogate, encoded as if it were a character.
    assertThat(refusal(new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80}))
        .isEqualTo(Reason.UNREADABLE);
  }
}
