/** One purchase from tap to answer, told in one function, and its sealed outcome. */
@NullMarked
package flashsale.purchase;

import org.jspecify.annotations.NullMarked;
