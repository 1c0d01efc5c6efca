import { Alerts } from "./components/Alerts";
import { Devices } from "./components/Devices";
import { GaugeControl } from "./components/GaugeControl";
import { Header } from "./components/Header";
import { HeatMap } from "./components/HeatMap";
import { Kpis } from "./components/Kpis";
import { LatestLiver } from "./components/LatestLiver";
import { LotsTable } from "./components/LotsTable";
import { Spc } from "./components/Spc";
import { Spectrum } from "./components/Spectrum";

export function App() {
  return (
    <>
      <Header />
      <main>
        <Kpis />
        <div className="row three">
          <LatestLiver />
          <HeatMap />
          <Spectrum />
        </div>
        <div className="row two">
          <LotsTable />
          <div className="stack">
            <Alerts />
            <Devices />
            <GaugeControl />
          </div>
        </div>
        <Spc />
      </main>
    </>
  );
}
