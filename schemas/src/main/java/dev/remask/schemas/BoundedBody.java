package dev.remask.schemas;

import java.io.IOException;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** An HTTP body in UTF-8, given up with an IOException once it is longer than allowed. */
final class BoundedBody implements BodySubscriber<String> {
  private final BodySubscriber<String> body = BodySubscribers.ofString(StandardCharsets.UTF_8);
  private final long bytesMax;
  private Flow.@Nullable Subscription subscription;
  private long bytes;

  private BoundedBody(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  static BodyHandler<String> ofAtMost(long bytesMax) {
    return response -> new BoundedBody(bytesMax);
  }

  @Override
  public CompletionStage<String> getBody() {
    return body.getBody();
  }

  @Override
  public void onSubscribe(Flow.Subscription subscription) {
    this.subscription = subscription;
    body.onSubscribe(subscription);
  }

  @Override
  public void onNext(List<ByteBuffer> part) {
    bytes += part.stream().mapToLong(ByteBuffer::remaining).sum();
    if (bytes <= bytesMax) {
      body.onNext(part);
      return;
    }
    if (subscription != null) {
      subscription.cancel();
    }
    body.onError(new IOException("a body of more than " + bytesMax + " bytes"));
  }

  @Override
  public void onError(Throwable failure) {
    body.onError(failure);
  }

  @Override
  public void onComplete() {
    body.onComplete();
  }
}
