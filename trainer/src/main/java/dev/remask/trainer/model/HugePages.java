package dev.remask.trainer.model;

import com.sun.jna.Function;
import com.sun.jna.NativeLong;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks Linux to back memory with pages of 2 MiB, where it leaves that to the program ({@code
 * madvise(2)}): matrix products walk through hundreds of megabytes, and miss in the TLB less often.
 */
final class HugePages {
  private static final Logger LOG = LoggerFactory.getLogger(HugePages.class);
  private static final long PAGE_BYTES = 2L << 20;
  private static final int MADV_HUGEPAGE = 14;

  private HugePages() {}

  /** To be called before the memory is touched. Where it cannot be done, nothing happens. */
  static void advise(long address, long bytes) {
    long from = (address + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    long to = (address + bytes) / PAGE_BYTES * PAGE_BYTES;
    if (!Platform.isLinux() || to <= from) {
      return;
    }
    try {
      Object[] arguments = {new Pointer(from), new NativeLong(to - from), MADV_HUGEPAGE};
      int failed = Function.getFunction("c", "madvise").invokeInt(arguments);
      if (failed != 0) {
        LOG.debug("madvise of {} bytes was refused", to - from);
      }
    } catch (LinkageError e) {
      LOG.debug("no madvise", e);
    }
  }
}
