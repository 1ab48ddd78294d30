alter type error_kind add value 'auth';
comment on column measurement.detail is
  'what is not plain: phase and message of the error, expectations, redirects, hops, trace (the id that the target was sent); or event, the whole measurement, when a value fits no column';
