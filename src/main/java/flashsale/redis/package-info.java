/** Verified connections, typed scripts, and every key name. */
@NullMarked
package flashsale.redis;

import org.jspecify.annotations.NullMarked;
