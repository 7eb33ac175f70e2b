/** What the {@code local} profile adds: demo users, one open sale, printed URLs. */
@NullMarked
package flashsale.local;

import org.jspecify.annotations.NullMarked;
