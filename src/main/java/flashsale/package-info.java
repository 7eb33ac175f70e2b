/** A flash-sale service: thousands of units, millions of taps, seconds. Start reading at {@code web/Routes}. */
@NullMarked
package flashsale;

import org.jspecify.annotations.NullMarked;
