export type TelemetryErrorCode = 'BAD_ADDRESS' | 'ADDRESS_IN_USE' | 'BAD_SAMPLER';

export class TelemetryError extends Error {
  override readonly name = 'TelemetryError';
  readonly code: TelemetryErrorCode;

  constructor(code: TelemetryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
