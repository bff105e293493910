//! The bank: what is shipped is clean, what is broken is reported, and lists can be imported.
