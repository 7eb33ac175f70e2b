/** What a request costs; run by the Maven profile {@code benchmark}, never as a test. */
@NullMarked
package flashsale.bench;

import org.jspecify.annotations.NullMarked;
