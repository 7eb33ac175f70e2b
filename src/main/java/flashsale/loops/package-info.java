/** The threads that everything runs on. */
@NullMarked
package flashsale.loops;

import org.jspecify.annotations.NullMarked;
