/** The whole application inside the test's JVM, with a view into its stores. */
@NullMarked
package flashsale.shop;

import org.jspecify.annotations.NullMarked;
