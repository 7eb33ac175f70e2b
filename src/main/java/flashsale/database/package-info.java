/** The schema: migrated without holding up the start, and who may rely on it from when on. */
@NullMarked
package flashsale.database;

import org.jspecify.annotations.NullMarked;
