"""The library's doctor beside a clone: it finds the project, and looks at the clone as well."""
