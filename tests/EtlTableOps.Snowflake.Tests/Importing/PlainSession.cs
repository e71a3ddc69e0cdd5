using System.Data.Common;
using EtlTableOps.Engines;
using EtlTableOps.Imports;
using EtlTableOps.Tables;

namespace EtlTableOps.Snowflake.Tests.Importing;

/// <summary>A session that runs statements and does nothing else.</summary>
internal sealed class PlainSession(DbConnection connection) : DbSession(connection, new SessionInfo("", "", "", ""))
{
    public override string EngineName => "snowflake";

    public override EngineCapabilities Capabilities => SnowflakeEngine.Facts;

    public override IDialect Dialect => throw new NotSupportedException();

    public override Task<IEngineSession> OpenAnotherAsync(CancellationToken token) => throw new NotSupportedException();

    public override Task<TableShape?> ReadShapeAsync(TableName name, CancellationToken token) => throw new NotSupportedException();

    public override Task<IReadOnlyList<TableName>> FindJournalsAsync(CancellationToken token) => throw new NotSupportedException();

    public override Task<IAsyncDisposable?> TryLockOperationAsync(TableName live, string operation, CancellationToken token) => throw new NotSupportedException();

    public override Task<OperationHolder?> FindOperationAsync(TableName live, CancellationToken token) => throw new NotSupportedException();

    public override Task<IReadOnlyList<LockHolder>> FindLockHoldersAsync(TableShape live, CancellationToken token) => throw new NotSupportedException();

    public override Task<IBulkWriter> BeginBulkLoadAsync(TableShape table, IReadOnlyList<Column> columns, CancellationToken token) => throw new NotSupportedException();

    public override FailureKind Classify(Exception failure) => FailureKind.Fatal;

    protected override IReadOnlyList<Sql> BeginStatements(TransactionMode mode, string? snapshot) => [new Sql("BEGIN")];
}
