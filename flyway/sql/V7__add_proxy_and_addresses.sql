alter type error_kind add value 'proxy';
comment on column measurement.detail is
  'what is not plain: phase and message of the error, expectations, redirects, hops, trace (the id that the target was sent), addresses (each, when all of a name were probed) and unprobed (how many more it has); or event, the whole measurement, when a value fits no column';
