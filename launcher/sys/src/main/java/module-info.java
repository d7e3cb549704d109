/** The one module with native access: system calls, and virtual threads on a scheduler of our own. */
module io.backplane.sys {
    exports io.backplane.sys;
}
