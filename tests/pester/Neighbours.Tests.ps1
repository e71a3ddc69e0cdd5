# Two other modules bring other versions of the libraries that this module and Snowflake's driver bring, loaded before and after it. The
# rivals are made here: an assembly of each library's name, once far newer and once far older, with nothing of the real one in it. So whatever
# the module would take of them fails, and what they would take of the module's shows by its version.

BeforeDiscovery {
    $arrangements = foreach ($order in 'before', 'after') { foreach ($newer in 'even', 'odd') { @{ Order = $order; Newer = $newer } } }
}

BeforeAll {
    . $PSScriptRoot/Setup.ps1
    $driver = if ($env:ETLTABLEOPS_SNOWFLAKE_DRIVER) { $env:ETLTABLEOPS_SNOWFLAKE_DRIVER } else { "$script:ModulePath/drivers/snowflake" }
    if (Test-Path -LiteralPath $driver -PathType Leaf) { $driver = Split-Path $driver }
    $folders = @("$script:ModulePath/bin", $driver | Where-Object { Test-Path -LiteralPath $_ -PathType Container })
    # What PowerShell and .NET bring themselves no module can bring in another version: the first one is there.
    $hosts = [AppContext]::GetData('TRUSTED_PLATFORM_ASSEMBLIES') -split [IO.Path]::PathSeparator | ForEach-Object { [IO.Path]::GetFileNameWithoutExtension($_) }
    $libraries = [ordered]@{}
    foreach ($file in Get-ChildItem -LiteralPath $folders -Filter *.dll | Sort-Object BaseName) {
        if ($file.BaseName -notin $hosts -and $file.BaseName -notlike 'EtlTableOps.*') { $libraries[$file.BaseName] = [Reflection.AssemblyName]::GetAssemblyName($file.FullName).GetPublicKey() }
    }

    # A module as one finds them: its libraries lie beside it and are loaded into the context that all share.
    function New-Neighbour([string] $Name, [string] $Version, [string[]] $Names) {
        $folder = Join-Path $TestDrive $Name
        if (Test-Path $folder) { return }
        $null = New-Item -ItemType Directory $folder
        foreach ($library in $Names) {
            $type = 'Of_' + ($library -replace '\W', '_')
            $source = "[assembly: System.Reflection.AssemblyVersion(`"$Version`")] namespace $Name { public static class $type { public static string Version => typeof($type).Assembly.GetName().Version.ToString(); } }"
            # The compiler of PowerShell itself, because Add-Type gives its assemblies names of its own. With the real one's key, because to
            # the runtime one of another key is another library and no other version.
            $options = [Microsoft.CodeAnalysis.CSharp.CSharpCompilationOptions]::new([Microsoft.CodeAnalysis.OutputKind]::DynamicallyLinkedLibrary)
            if ($libraries[$library]) { $options = $options.WithCryptoPublicKey([System.Collections.Immutable.ImmutableArray]::Create([byte[]]$libraries[$library])).WithPublicSign($true) }
            $compilation = [Microsoft.CodeAnalysis.CSharp.CSharpCompilation]::Create(
                $library,
                [Microsoft.CodeAnalysis.SyntaxTree[]]@([Microsoft.CodeAnalysis.CSharp.CSharpSyntaxTree]::ParseText($source, $null, '', $null, [Threading.CancellationToken]::None)),
                [Microsoft.CodeAnalysis.MetadataReference[]]@([Microsoft.CodeAnalysis.MetadataReference]::CreateFromFile([object].Assembly.Location)),
                $options)
            $file = [IO.File]::Create("$folder/$library.dll")
            try { $emitted = $compilation.Emit($file) } finally { $file.Dispose() }
            if (-not $emitted.Success) { throw "$library was not made: $($emitted.Diagnostics -join '; ')" }
        }
        Set-Content "$folder/$Name.psm1" @"
`$ErrorActionPreference = 'Stop'
foreach (`$file in Get-ChildItem `$PSScriptRoot -Filter *.dll) { Microsoft.PowerShell.Utility\Add-Type -LiteralPath `$file.FullName }
function Get-$Name { foreach (`$library in '$($Names -join "', '")') { ("$Name.Of_`$(`$library -replace '\W', '_')" -as [type])::Version } }
"@
    }
}

Describe 'Beside two modules with other versions of its libraries' {
    It 'works when they are loaded <Order> it, every other library newer and the rest older (<Newer>)' -ForEach $arrangements {
        $libraries.Count | Should -BeGreaterThan 5
        $parity = if ($Newer -eq 'even') { 0 } else { 1 }
        $names = @($libraries.Keys)
        $newerOnes = @(for ($i = 0; $i -lt $names.Count; $i++) { if ($i % 2 -eq $parity) { $names[$i] } })
        $olderOnes = @($names | Where-Object { $_ -notin $newerOnes })
        New-Neighbour "Newer$Newer" 99.1.2.3 $newerOnes
        New-Neighbour "Older$Newer" 0.0.0.1 $olderOnes

        $job = {
            # Each engine and each library at work: a table is built anew, filled from a file, tested, exchanged, and back.
            Set-Content "$TestDrive/$Order-$Newer.csv" "event_id,event_type`n1001,click`n1002,buy"
            $engines = @('sqlite'; if ($env:ETLTABLEOPS_TEST_POSTGRES) { 'postgresql' }; if ($env:ETLTABLEOPS_TEST_SNOWFLAKE) { 'snowflake' })
            foreach ($engine in $engines) {
                $world = New-World $engine
                $swap = New-ShadowTable $world.Table -AddColumn "band text = 'all'" | Import-ShadowTable -Path "$TestDrive/$Order-$Newer.csv" | Test-ShadowTable | Switch-Table -StallBudget 10s
                "$engine $($swap.State), $(Get-Side $world "SELECT count(*) FROM $($world.Table)") rows"
                "$engine $(($swap | Undo-TableSwap -StallBudget 10s).Operation), $(Get-Side $world "SELECT count(*) FROM $($world.Table)") rows"
            }
        }
        $neighbours = "Import-Module '$TestDrive/Newer$Newer/Newer$Newer.psm1', '$TestDrive/Older$Newer/Older$Newer.psm1'"
        $ours = "`$TestDrive = '$TestDrive'; `$Order = '$Order'; `$Newer = '$Newer'; . '$PSScriptRoot/Setup.ps1'; & { $job }"
        $script = @"
`$ErrorActionPreference = 'Stop'; `$ConfirmPreference = 'None'; `$ProgressPreference = 'SilentlyContinue'
$(@(if ($Order -eq 'before') { $neighbours; $ours } else { $ours; $neighbours; "'then'"; $ours }) -join "`n")
'newer: ' + (Get-Newer$Newer | Sort-Object -Unique)
'older: ' + (Get-Older$Newer | Sort-Object -Unique)
foreach (`$library in '$($names -join "', '")') {
    `$loaded = [AppDomain]::CurrentDomain.GetAssemblies().Where{ `$_.GetName().Name -eq `$library }
    foreach (`$one in `$loaded) {
        `$context = [Runtime.Loader.AssemblyLoadContext]::GetLoadContext(`$one).Name
        `$isRival = `$one.Location.StartsWith('$TestDrive')
        if (`$isRival -ne (`$context -eq 'Default')) { "`$(`$one.Location) is in the context `$context" }
    }
}
"@
        $file = "$TestDrive/beside-$Order-$Newer.ps1"
        Set-Content $file $script
        $out = & ([Environment]::ProcessPath) -NoProfile -NonInteractive -File $file 2>&1 | ForEach-Object { "$_" }
        $engines = @('sqlite'; if ($env:ETLTABLEOPS_TEST_POSTGRES) { 'postgresql' }; if ($env:ETLTABLEOPS_TEST_SNOWFLAKE) { 'snowflake' })
        $worked = foreach ($engine in $engines) { "$engine Switched, 22 rows"; "$engine Undo, 20 rows" }
        $expected = @($worked; if ($Order -eq 'after') { 'then'; $worked }; 'newer: 99.1.2.3'; 'older: 0.0.0.1')
        $out -join "`n" | Should -Be ($expected -join "`n")
    }
}
