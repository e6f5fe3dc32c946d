export * from './codec.ts';
export * from './gen/enums.gen.ts';
export * from './gen/maps.gen.ts';
export * from './gen/structs.gen.ts';
