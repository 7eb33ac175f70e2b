/** BlockHound, and that what it finds cannot go unnoticed. */
@NullMarked
package flashsale.blocking;

import org.jspecify.annotations.NullMarked;
