using EtlTableOps.Cli;

return await CommandLine.RunAsync(args);
